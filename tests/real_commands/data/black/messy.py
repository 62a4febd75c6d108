def  f ( a,b = 'x' ) :
    return {  'a':a, "b" : b,
      'c': [1,2,
      3] }
class  C( object ):
  x=1;y = 2
  def method( self ) : return( self.x )
