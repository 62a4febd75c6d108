import os,sys
print ( os.path.join( 'a','b' ),sys.argv )
